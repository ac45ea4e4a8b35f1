import { runScript } from '../src/lib/command-line.js';
import { statusCommand } from '../src/observe/status-command.js';

// npm run status [-- --json | --check | --prometheus]: what the active runs are doing, or how the last run ended.

await runScript(statusCommand, process);
