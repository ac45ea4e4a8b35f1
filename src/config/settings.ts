import { AUTHOR_SETTINGS } from './settings/author.js';
import { PROCESS_SETTINGS } from './settings/process.js';
import { RUN_SETTINGS } from './settings/run.js';
import { STORY_SETTINGS } from './settings/story.js';

export { isSwitch, type Setting } from './settings/setting.js';

/**
 * Every setting of the worker: the one source of defaults, names, units and help. A convict schema; text formats are in
 * formats.ts.
 */
export const SETTINGS = { ...RUN_SETTINGS, ...AUTHOR_SETTINGS, ...STORY_SETTINGS, ...PROCESS_SETTINGS };

export type SettingName = keyof typeof SETTINGS;
export type SettingValues = { -readonly [Name in SettingName]: (typeof SETTINGS)[Name]['default'] };

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];
