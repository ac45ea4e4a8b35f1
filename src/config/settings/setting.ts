/** One setting, as convict takes it, with what the help needs. */
export interface Setting {
  /** May the flag be given several times? Its values are joined with commas. */
  repeatable?: true;
  /** Korean, one sentence or two. */
  doc: string;
  /** Korean unit, or null where there is none. */
  unit: string | null;
  /** The name of a format, or the words allowed. */
  format: string | string[];
  default: string | number | boolean | null;
  env: string;
  /** The flag without its dashes; null for secrets, which a process list would show. */
  arg: string | null;
  sensitive?: boolean;
}

/** A switch is a flag without a value. */
export const isSwitch = ({ format }: Pick<Setting, 'format'>): boolean => format === 'switch';
