/** @file One message of a conversation with a language model: what prompts are written as and models read. */

/** A message and who says it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}
