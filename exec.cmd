@rem npm scripts begin with exec, so that signals and exit codes reach the worker. Windows shells have no such word:
@rem they look for it in this folder first, and this runs what follows.
@%*
