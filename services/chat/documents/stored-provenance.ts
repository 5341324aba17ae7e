// How a message was made and where it stands elsewhere, between its proto form and the form in which it is stored.

import type { AiMetadata, Origin } from '../../../gen/circuit/chat/v1/message.ts';
import { OriginDirection } from '../../../gen/circuit/chat/v1/message.ts';
import type { StoredAiMetadata, StoredOrigin } from './message-document.ts';
import { directions, wordOf } from './words.ts';

export function storeAiMetadata(told: AiMetadata): StoredAiMetadata {
  return {
    ...(told.model && { model: told.model }),
    ...(told.tokensUsed && { tokens_used: told.tokensUsed }),
    ...(told.responseTimeMs && { response_time_ms: told.responseTimeMs }),
    ...(told.temperature !== undefined && { temperature: told.temperature }),
    ...(told.finishReason && { finish_reason: told.finishReason }),
  };
}

export function aiMetadataOf(stored: StoredAiMetadata): AiMetadata {
  return {
    model: stored.model ?? '',
    tokensUsed: stored.tokens_used ?? 0,
    responseTimeMs: stored.response_time_ms ?? 0,
    temperature: stored.temperature,
    finishReason: stored.finish_reason ?? '',
  };
}

export function storeOrigin(told: Origin): StoredOrigin {
  const direction = wordOf(directions, told.direction);
  return {
    source: told.source,
    ...(told.externalId && { external_id: told.externalId }),
    ...(told.externalThreadId && { external_thread_id: told.externalThreadId }),
    ...(direction && { direction }),
  };
}

export function originOf(stored: StoredOrigin): Origin {
  return {
    source: stored.source,
    externalId: stored.external_id ?? '',
    externalThreadId: stored.external_thread_id ?? '',
    direction: stored.direction ? directions[stored.direction] : OriginDirection.ORIGIN_DIRECTION_UNSPECIFIED,
  };
}
