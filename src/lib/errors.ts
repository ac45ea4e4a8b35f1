/**
 * An error that the user of a command can correct: a flag, a setting, a file. The message is for them, in Korean, and
 * complete; commands print it without a stack and exit with `ExitCode.usage`.
 */
export class UserError extends Error {}

/** The exit codes; scripts and pm2 rely on them. A run that ended as asked exits with the code in the settings. */
export const ExitCode = {
  failed: 1,
  usage: 2,
  refused: 78,
  rejected: 79,
  aborted: 130,
} as const;
