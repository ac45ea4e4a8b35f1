import { DOMParser } from '@xmldom/xmldom';
import { strFromU8, unzipSync } from 'fflate';
import { localIso } from '../../lib/format-time.js';
import { toMarkdown } from '../../store/frontmatter.js';
import type { StoryFiles } from '../../store/story-metadata.js';
import { newName, openStoryStore } from '../../store/story-store.js';
import { storyMetadata } from './fakes.js';

// Stories to make books of, and books to look into.

/** Puts a story into a folder as the worker does. @returns its name */
export async function keepStory(
  folder: string,
  text: string,
  at: number,
  fields: Partial<StoryFiles['metadata']> = {},
): Promise<string> {
  const name = newName(at);
  const date = localIso(at);
  const metadata = storyMetadata({ generated_at: date, ...fields });
  const { title, description, opening, model, provider } = metadata;
  const story = { title, description, opening, ending: '', tags: ['호러'], text, wordCount: text.length };
  const store = openStoryStore(folder, 'run_1');
  await store.stage(name, { markdown: toMarkdown(story, { date, model, provider, temperature: null }), metadata });
  await store.publish(name, 'stories');
  return name;
}

/** The files of an EPUB as text, in the order of the archive. */
export function openEpub(epub: Uint8Array): Map<string, string> {
  return new Map(Object.entries(unzipSync(epub)).map(([name, bytes]) => [name, strFromU8(bytes)]));
}

/** The elements of this name, `epub:type` and all, in a document that has to be well-formed. */
export function elementsIn(xml: string, name: string): { text: string; attributes: Record<string, string> }[] {
  const complain = (level: string, message: string) => {
    if (level !== 'warning') throw new Error(`${level}: ${message}\n${xml}`);
  };
  const document = new DOMParser({ onError: complain }).parseFromString(xml, 'application/xml');
  return [...document.getElementsByTagName(name)].map((element) => ({
    text: element.textContent ?? '',
    attributes: Object.fromEntries([...element.attributes].map((each) => [each.name, each.value])),
  }));
}

/** Stories that try what a title, a text and its metadata may hold. */
export const ODD_STORIES: readonly { title: string; text: string; fields?: Partial<StoryFiles['metadata']> }[] = [
  {
    title: '"따옴표" & <꺾쇠> \'작은\'',
    text: `# "따옴표" & <꺾쇠> '작은'

2019. 3. 4. 맑음

**"문"**을 열었다. &nbsp; &copy; <script>alert(1)</script> [링크](http://example.com/) ![그림](x.png) <http://example.com/>

---

> 인용한 말
> 두 줄

- 여보세요?
- 누구세요?

1. 첫째 수칙
2. 둘째 수칙

\`\`\`
[00:01] 방송  안내 <끊김>
  들여쓰기
\`\`\`

＊＊＊

오후 1~2시, 3~4시.

## 소제목

[1]: http://example.com/

끝.`,
  },
  {
    title: '이모지 👻와 ]]> CDATA',
    text: '# 이모지 👻와 ]]> CDATA\n\n\u3000첫째 줄\n둘째 줄 &#x1F47B; &#0; &#xD800;\n\n~~지운~~ `코드 <x>`',
  },
  { title: '뒤집\u202e힘\u0007과 \ud800 반쪽', text: '본문의 \u0000 제어 \u000b 문자 \ufffe \udfff.' },
  { title: '123', text: '제목: 123\n\n- [ ] 할 일\n- [x] 한 일\n\n3. 셋부터\n4. 넷' },
  { title: '漢字와 ᄒᆞᆫ글', text: '글\n---\n    들여 쓴 글\n\n| 표 | 는 |\n|---|---|\n| 글 | 로 |' },
  { title: '가'.repeat(300), text: `# ${'가'.repeat(300)}\n\n${'긴'.repeat(3000)}` },
  { title: 'yes', text: '# yes\n\n문이 열렸다.', fields: { provider: 'offline', model: 'offline' } },
];
