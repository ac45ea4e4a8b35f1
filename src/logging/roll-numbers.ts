import { dirname } from 'node:path';
import rollUtils from 'pino-roll/lib/utils.js';
import { lastLogNumber } from './log-files.js';

// To be imported before pino-roll. By itself, pino-roll goes on with the highest number that any file in the folder ends
// with that was made today: beside an `access.20261123.log`, the log would become `horror_story_worker.….20261123.log`.
// It has no option for that; tests in logger.test.ts notice when a later version looks for numbers in another way.

rollUtils.detectLastNumber = async (file, dayStart) => lastLogNumber(dirname(file), dayStart ?? Date.now());
