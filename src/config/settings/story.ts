import type { Setting } from './setting.js';

/** What is written, and what counts as a story. */
export const STORY_SETTINGS = {
  cards: {
    doc: '내 소재 카드 파일(JSON: place, fear 등의 소재마다 문자열 배열). 있는 카드에 더해집니다',
    unit: '파일',
    format: 'text|null',
    default: null as string | null,
    env: 'CARDS',
    arg: 'cards',
  },
  template: {
    doc: '소설 틀 파일(JSON: story_config, story_elements, writing_style, additional_requirements)',
    unit: '파일',
    format: 'text|null',
    default: null as string | null,
    env: 'TEMPLATE',
    arg: 'template',
  },
  request: {
    doc: '소설마다 덧붙일 자유로운 요청',
    unit: '문장',
    format: 'text|null',
    default: null as string | null,
    env: 'CUSTOM_REQUEST',
    arg: 'request',
  },
  minStoryCharacters: {
    doc: '이보다 짧은 답은 소설로 치지 않고 따로 보관합니다',
    unit: '자',
    format: 'count',
    default: 1000,
    env: 'MIN_STORY_CHARACTERS',
    arg: 'min-story-characters',
  },
  maxContinuations: {
    doc: '토큰 한도에서 잘린 글의 나머지를 몇 번까지 이어서 쓰게 할지. 0이면 바로 따로 보관합니다',
    unit: '회',
    format: 'count',
    default: 2,
    env: 'MAX_CONTINUATIONS',
    arg: 'max-continuations',
  },
  maxLikeness: {
    doc: '앞선 소설과 이보다 더 닮은 소설은 따로 보관합니다 (0에서 1, 글자 묶음이 겹치는 비율). 생략하면 경고만 합니다',
    unit: null,
    format: 'share|null',
    default: null as number | null,
    env: 'MAX_LIKENESS',
    arg: 'max-likeness',
  },
} satisfies Record<string, Setting>;
