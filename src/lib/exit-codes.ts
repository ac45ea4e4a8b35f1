/** The exit codes that scripts and pm2 hold on to. A run that ended as asked has the one that the settings say. */
export const ExitCode = {
  failed: 1,
  usage: 2,
  refused: 78,
  aborted: 130,
} as const;
