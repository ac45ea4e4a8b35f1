import { bookCommand } from '../src/book/command.js';
import { runScript } from '../src/lib/command-line.js';

// npm run book [-- --run ID | --since DATE] [--output FILE]: the stories of the folder as one EPUB.

await runScript(bookCommand, process);
