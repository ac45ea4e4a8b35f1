/** One step of a story. What it says comes from the material; see passages.ts. */
export type Beat =
  | 'opening'
  | 'setting'
  | 'rewoundSetting'
  | 'self'
  | 'hour'
  | 'sense'
  | 'otherSense'
  | 'routine'
  | 'resumedRoutine'
  | 'firstMessage'
  | 'reaction'
  | 'memory'
  | 'earlyMemory'
  | 'hint'
  | 'call'
  | 'clue'
  | 'sign'
  | 'inner'
  | 'secondMessage'
  | 'secondReaction'
  | 'late'
  | 'link'
  | 'approach'
  | 'turnBack'
  | 'approachAgain'
  | 'encounter'
  | 'peak'
  | 'echo'
  | 'retreat'
  | 'lastMessage'
  | 'aside'
  | 'scene'
  | 'last'
  | 'close';

/** The skeleton of a story: its beats in the order in which they are told. */
export interface Plot {
  readonly name: string;
  readonly beats: readonly Beat[];
}

/**
 * Stories one after another must not share a skeleton. What may move moves; cause stays before effect: the messages
 * in their order, hint before sign before encounter, clue before scene, reactions right after what they answer.
 */
export const PLOTS: readonly Plot[] = [
  plot(
    'in order',
    'opening setting self hour sense routine firstMessage reaction memory hint otherSense call clue sign inner',
    'secondMessage secondReaction late link aside approach encounter peak echo retreat lastMessage scene last close',
  ),
  plot(
    'message first',
    'opening firstMessage reaction rewoundSetting self sense resumedRoutine hint hour call memory clue sign inner',
    'secondMessage secondReaction aside link approach encounter echo peak retreat lastMessage scene last close',
  ),
  plot(
    'memory first',
    'opening earlyMemory setting routine hour sense hint firstMessage reaction self call clue late sign inner aside',
    'otherSense secondMessage secondReaction link approach encounter peak echo retreat lastMessage scene last close',
  ),
  plot(
    'presence first',
    'opening setting routine hint sense self firstMessage reaction hour aside clue memory sign inner call',
    'secondMessage secondReaction echo late link approach encounter peak retreat lastMessage scene last close',
  ),
  plot(
    'early call',
    'opening setting call sense hour routine self firstMessage reaction hint memory aside clue sign secondMessage',
    'secondReaction inner link late approach encounter peak echo retreat lastMessage scene last close',
  ),
  plot(
    'late call',
    'opening sense setting self routine hint firstMessage reaction memory hour sign clue inner secondMessage',
    'secondReaction call aside late approach encounter echo peak retreat lastMessage scene last close',
  ),
  plot(
    'two approaches',
    'opening setting hour routine self firstMessage reaction hint call clue sense sign inner approach turnBack aside',
    'secondMessage secondReaction memory approachAgain encounter peak echo retreat lastMessage scene last close',
  ),
  plot(
    'quiet',
    'opening sense setting hour routine otherSense hint self firstMessage memory call clue late sign',
    'secondMessage inner aside echo approach encounter peak retreat lastMessage scene last close',
  ),
];

/** What a story can do without. */
export const SPARE_BEATS: ReadonlySet<Beat> = new Set(['otherSense', 'hour', 'link', 'late', 'aside', 'inner']);

function plot(name: string, ...lines: readonly string[]): Plot {
  return { name, beats: lines.join(' ').split(' ') as Beat[] };
}
