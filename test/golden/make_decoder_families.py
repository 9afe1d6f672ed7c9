"""Makes test/fixtures/decoder-families: a tiny random decoder of each kind that is not plain Llama, as transformers saves it, with the
logits that transformers computes: Qwen 2 (bias), Qwen 3 (q/k norm, head size unlike hidden / heads), Mistral, and Llama 3 (scaled RoPE,
own output matrix).

    python test/golden/make_decoder_families.py        # needs torch, transformers
"""
import json
from pathlib import Path
import torch
from transformers import (LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM)

FOLDER = Path(__file__).resolve().parent.parent / 'fixtures' / 'decoder-families'
SIZES = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, vocab_size=48, max_position_embeddings=256)
LLAMA3 = {'rope_type': 'llama3', 'rope_theta': 5000.0, 'factor': 8.0, 'low_freq_factor': 1.0, 'high_freq_factor': 4.0, 'original_max_position_embeddings': 32}
FAMILIES = {
    'qwen2': (Qwen2ForCausalLM, Qwen2Config(**SIZES, tie_word_embeddings=True)),
    'qwen3': (Qwen3ForCausalLM, Qwen3Config(**SIZES, head_dim=8, tie_word_embeddings=True)),
    'mistral': (MistralForCausalLM, MistralConfig(**SIZES, sliding_window=None, tie_word_embeddings=False)),
    'llama3': (LlamaForCausalLM, LlamaConfig(**SIZES, rope_parameters=LLAMA3, tie_word_embeddings=False)),
}
golden = {'tokens': [(7 * i * i + 3 * i + 5) % 48 for i in range(40)]}
for index, (name, (kind, config)) in enumerate(FAMILIES.items()):
    torch.manual_seed(index)
    model = kind(config).to(torch.float32).eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3 + (1.0 if 'norm' in key else 0.0))
    model.save_pretrained(FOLDER / name)
    (FOLDER / name / 'generation_config.json').unlink(missing_ok=True)
    with torch.inference_mode():
        golden[name] = [round(v, 6) for v in model(torch.tensor([golden['tokens']])).logits[0, -1].tolist()]
(FOLDER / 'logits.json').write_text(json.dumps(golden, indent=1) + '\n')
