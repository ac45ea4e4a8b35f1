import { basename } from 'node:path';
import { UserError } from '../lib/errors.js';
import { describeReadError, readTextFile } from '../lib/files.js';

/** A user's template, rendered once for the prompt. */
export interface Template {
  /** The file's name, as it stands in the metadata. */
  name: string;
  /** Korean headings with the template's values below them. */
  text: string;
}

/** A template that cannot be used; the message is for the user. */
export class TemplateError extends UserError {
  override readonly name = 'TemplateError';
}

const SECTIONS: Record<string, string> = {
  story_config: '이야기 설정',
  story_elements: '이야기 요소',
  writing_style: '문체',
  additional_requirements: '추가 요구 사항',
};

/**
 * Reads a template: a JSON object with any of the sections `story_config`, `story_elements`, `writing_style` and
 * `additional_requirements`, whose contents (text, numbers, lists, objects) are free.
 * @throws TemplateError when the file cannot be read, is no such object, or names another section
 */
export function readTemplate(path: string): Template {
  const sections = readJson(path);
  if (typeof sections !== 'object' || sections === null || Array.isArray(sections)) {
    throw new TemplateError(`템플릿은 JSON 객체여야 합니다: ${path}`);
  }
  const entries = Object.entries(sections);
  const names = Object.keys(SECTIONS).join(', ');
  const unknown = entries.find(([key]) => !Object.hasOwn(SECTIONS, key));
  if (unknown !== undefined) {
    throw new TemplateError(`템플릿에 모르는 항목 "${unknown[0]}"이 있습니다: ${path} (쓸 수 있는 항목: ${names})`);
  }
  const text = entries
    .filter(([, value]) => !isEmpty(value))
    .map(([key, value]) => `[${SECTIONS[key]}]\n${render(value, 0)}`)
    .join('\n\n');
  if (text === '') throw new TemplateError(`템플릿이 비어 있습니다: ${path} (쓸 수 있는 항목: ${names})`);
  return { name: basename(path), text };
}

function readJson(path: string): unknown {
  let content: string;
  try {
    content = readTextFile(path);
  } catch (cause) {
    throw new TemplateError(`템플릿 파일을 읽을 수 없습니다: ${path} (${describeReadError(cause)})`, { cause });
  }
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new TemplateError(`템플릿이 올바른 JSON이 아닙니다: ${path}: ${(cause as Error).message}`, { cause });
  }
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && Object.values(value).every(isEmpty);
}

/** Values as an indented list; keys stay as the user wrote them, for the model reads both languages. */
function render(value: unknown, depth: number): string {
  const indent = '  '.repeat(depth);
  if (typeof value !== 'object' || value === null) return `${indent}- ${String(value)}`;
  return Object.entries(value)
    .filter(([, inner]) => !isEmpty(inner))
    .map(([key, inner]) => {
      const label = Array.isArray(value) ? '' : `${key.replaceAll('_', ' ')}:`;
      if (typeof inner !== 'object') return `${indent}- ${label === '' ? '' : `${label} `}${String(inner)}`;
      return label === '' ? render(inner, depth) : `${indent}- ${label}\n${render(inner, depth + 1)}`;
    })
    .join('\n');
}
