import type { ReplyKind } from '../mock-api.js';
import type { Kind, Weather } from './fault-plan.js';

// What a rehearsal is called, in Korean.

export const WEATHER_NAMES: Record<Weather, string> = { calm: '맑음', rough: '궂음', storm: '폭풍' };

export const KIND_NAMES: Record<Kind, string> = {
  rate_limit: '429, retry-after 1초',
  overload: '529 과부하, 잇달아',
  server_error: '5xx 서버 오류',
  cut: '도중에 끊긴 응답',
  stall: 'ping만 오는 응답',
  no_usage: '사용량 없는 답',
  cut_off: '잘린 답 (나머지를 받음)',
  cut_off_for_good: '끝내 잘린 답',
  refusal: '거절',
  empty: '빈 답',
  meta_talk: '소설 밖의 말이 섞인 답',
  unreachable: '접속 거부 (서버가 닫힘)',
  folder_away: '쓸 수 없는 소설 폴더',
  reader_stops: 'pm2 logs가 읽기를 멈춤',
  daemon_stops: 'pm2 데몬이 멈춤 (출력이 가득 참)',
  kill_in_call: 'SIGKILL, 쓰는 중에',
  kill_in_wait: 'SIGKILL, 기다리는 중에',
  kill: 'SIGKILL, 아무 때나',
  kill_twice: 'SIGKILL, 되살아나자마자 또',
  restart: 'pm2 restart',
  stop_start: 'pm2 stop, 얼마 뒤 pm2 start',
  out_of_memory: '메모리 한도를 넘어 다시 시작',
};

export const replyName = (kind: ReplyKind): string =>
  kind === 'story' ? '소설' : kind === 'rest' ? '잘린 글의 나머지' : KIND_NAMES[kind];
