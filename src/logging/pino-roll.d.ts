/** pino-roll ships no types; these are the options that are used here. */
declare module 'pino-roll' {
  import type { EventEmitter } from 'node:events';

  interface PinoRollOptions {
    /** Path without extension. */
    file: string;
    extension?: string;
    /** A number is megabytes. */
    size?: number;
    frequency?: 'daily' | 'hourly' | number;
    /** date-fns. */
    dateFormat?: string;
    limit?: { count: number; removeOtherLogFiles?: boolean };
    mkdir?: boolean;
    /** Write in the calling turn of the event loop. */
    sync?: boolean;
  }

  interface RollingStream extends EventEmitter {
    write(line: string): boolean;
  }

  const open: (options: PinoRollOptions) => Promise<RollingStream>;
  // biome-ignore lint/style/noDefaultExport: this is how the package exports it.
  export default open;
}
