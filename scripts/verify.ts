import { runScript } from '../src/lib/command-line.js';
import { verifyCommand } from '../src/verify/command.js';

// npm run verify [-- --run ID | --all] [--json]: checks a folder of stories and its logs against everything they promise.

await runScript(verifyCommand, process);
