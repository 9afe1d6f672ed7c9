/** @file A stored item as the service tells of it. */

import type { z } from 'zod'
import type { StoredItem } from '../../../store/index.js'
import type * as api from '../api.js'

type ItemReply = z.output<typeof api.itemReply>

/** The item with RFC 3339 times. */
export function itemReplyOf({ id, createdAt, updatedAt, version: _, attributes, ...rest }: StoredItem): ItemReply {
  return {
    itemId: id,
    ...rest,
    categories: [...rest.categories],
    attributes: attributes as ItemReply['attributes'],
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  }
}
