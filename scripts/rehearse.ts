import { createRehearseCommand } from '../src/chaos/rehearsal/command.js';
import { runScript } from '../src/lib/command-line.js';

// npm run rehearse [-- --weather calm|rough|storm --seed N --seconds S | --real N]: a day of the worker under pm2, in
// about a minute, and a check of what it left.

await runScript(createRehearseCommand(process), process);
