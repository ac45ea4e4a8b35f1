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
    mkdir?: boolean;
    /** Write in the calling turn of the event loop. */
    sync?: boolean;
  }

  /** Emits `ready` whenever it has opened a file, the first one included. */
  interface RollingStream extends EventEmitter {
    /** Path of the file that is written at present. */
    readonly file: string;
    write(line: string): boolean;
  }

  const open: (options: PinoRollOptions) => Promise<RollingStream>;
  // biome-ignore lint/style/noDefaultExport: this is how the package exports it.
  export default open;
}

/** The part of pino-roll that is replaced in roll-numbers.ts. */
declare module 'pino-roll/lib/utils.js' {
  const utils: {
    /**
     * @param file path of the log file, without date, number and extension
     * @param dayStart when the present day began, milliseconds since the epoch
     */
    detectLastNumber: (file: string, dayStart: number | null) => Promise<number>;
  };
  // biome-ignore lint/style/noDefaultExport: this is how the package exports it.
  export default utils;
}
