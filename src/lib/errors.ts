/**
 * Something that whoever runs a command can mend: a flag, a setting, a file of theirs. The message is for them, in
 * Korean, and says all there is to say; commands print it without a stack and end with the exit code for that.
 */
export class UserError extends Error {}

/** The exit codes that scripts and pm2 hold on to. A run that ended as asked has the one that the settings say. */
export const ExitCode = {
  failed: 1,
  usage: 2,
  refused: 78,
  rejected: 79,
  aborted: 130,
} as const;
