/** @file Gradient clipping by global norm, and the stop at the first NaN. Source: Pascanu et al. 2013; torch.nn.utils.clip_grad_norm_. */

import { AdaptRecError } from '../base/index.js'

/**
 * Scales all gradients in place so that their joint 2-norm is at most `maxNorm` (> 0); returns the norm before.
 * @throws AdaptRecError `numeric` when a gradient holds NaN or infinity, naming the first; nothing is changed then.
 */
export function clipGradients(gradients: ReadonlyMap<string, Float32Array>, maxNorm: number): number {
  let total = 0
  for (const [name, gradient] of gradients) {
    let sum = 0
    for (let i = 0; i < gradient.length; i++) sum += gradient[i]! * gradient[i]!
    if (!Number.isFinite(sum)) {
      const at = gradient.findIndex((element) => !Number.isFinite(element))
      throw new AdaptRecError('numeric', `The gradient of '${name}' is ${gradient[at]} at element ${at}.`, {
        hint: 'Lower the learning rate, or resume from the checkpoint before.',
      })
    }
    total += sum
  }
  const norm = Math.sqrt(total)
  const factor = maxNorm / (norm + 1e-6)
  if (factor < 1) {
    for (const gradient of gradients.values()) for (let i = 0; i < gradient.length; i++) gradient[i]! *= factor
  }
  return norm
}
