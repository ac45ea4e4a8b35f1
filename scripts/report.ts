import { runScript } from '../src/lib/command-line.js';
import { reportCommand } from '../src/report/command.js';

// npm run report -- [--run ID] [--output FILE]: what a run did, when, and what it cost; a page, and its short form here.

await runScript(reportCommand, process);
