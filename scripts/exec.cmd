@rem npm scripts begin with exec, so that signals and exit codes reach the worker. Windows shells have no such word:
@rem npm run build puts this where npm looks for commands, and it runs what follows.
@%*
