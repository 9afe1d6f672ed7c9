"""Makes test/fixtures/tiny-llama: a random 2-layer Llama with a 320-token byte-BPE vocabulary and a ChatML template,
once as a Hugging Face folder (config.json, model.safetensors, tokenizer.json, tokenizer_config.json, chat_template.jinja)
and once as tiny-llama.gguf with the very same float32 values, q and k rows permuted as llama.cpp's converter does.

    python test/golden/make_tiny_llama.py        # needs torch, transformers, tokenizers, gguf, numpy

The values are a function of SEED alone; running it again gives the same files.
"""

import json
import shutil
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM

SEED = 7
FOLDER = Path(__file__).resolve().parent.parent / 'fixtures' / 'tiny-llama'
SPECIAL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>']
CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TEXT = [
    'The viewer liked the red river and the quiet house, then the long road home.',
    'Which of these would the viewer watch next? The answer is the title of one of the candidates.',
    'user assistant system A B C the history of the viewer, the candidates, the answer',
] * 8


def make_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    assert tokenizer.get_vocab_size() == 320
    return tokenizer


def make_model() -> LlamaForCausalLM:
    torch.manual_seed(SEED)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=320,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=8,
            max_position_embeddings=512,
            rms_norm_eps=1e-5,
            rope_parameters={'rope_type': 'default', 'rope_theta': 10000.0},
            tie_word_embeddings=True,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=2,
        )
    )
    with torch.no_grad():  # larger than a fresh model's weights, so that attention and logits are far from uniform
        for name, parameter in model.named_parameters():
            if 'norm' in name:
                parameter.copy_(1 + 0.2 * torch.randn_like(parameter))
            else:
                parameter.copy_(0.25 * torch.randn_like(parameter))
    return model.eval()


def permute(weight: np.ndarray, heads: int) -> np.ndarray:
    """llama.cpp's row order of q and k: the two rotated halves of a head are interleaved."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def gguf_name(name: str) -> str:
    parts = {
        'input_layernorm': 'attn_norm', 'post_attention_layernorm': 'ffn_norm', 'self_attn.q_proj': 'attn_q',
        'self_attn.k_proj': 'attn_k', 'self_attn.v_proj': 'attn_v', 'self_attn.o_proj': 'attn_output',
        'mlp.gate_proj': 'ffn_gate', 'mlp.up_proj': 'ffn_up', 'mlp.down_proj': 'ffn_down',
    }
    if name == 'model.embed_tokens.weight':
        return 'token_embd.weight'
    if name == 'model.norm.weight':
        return 'output_norm.weight'
    _, _, layer, rest = name.split('.', 3)
    return f"blk.{layer}.{parts[rest.removesuffix('.weight')]}.weight"


def write_gguf(path: Path, model: LlamaForCausalLM, tokenizer: Tokenizer) -> None:
    c = model.config
    writer = gguf.GGUFWriter(path, 'llama')
    writer.add_name('Tiny random Llama')
    writer.add_block_count(c.num_hidden_layers)
    writer.add_context_length(c.max_position_embeddings)
    writer.add_embedding_length(c.hidden_size)
    writer.add_feed_forward_length(c.intermediate_size)
    writer.add_head_count(c.num_attention_heads)
    writer.add_head_count_kv(c.num_key_value_heads)
    writer.add_rope_freq_base(c.rope_parameters['rope_theta'])
    writer.add_rope_dimension_count(c.head_dim)
    writer.add_layer_norm_rms_eps(c.rms_norm_eps)
    writer.add_vocab_size(c.vocab_size)
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    merges = json.loads(tokenizer.to_str())['model']['merges']
    writer.add_tokenizer_model('gpt2')
    writer.add_tokenizer_pre('smollm')
    writer.add_token_list([token for token, _ in vocabulary])
    writer.add_token_types([3 if token in SPECIAL else 1 for token, _ in vocabulary])
    writer.add_token_merges([' '.join(merge) for merge in merges])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHATML)
    for name, tensor in model.state_dict().items():
        if name == 'lm_head.weight':
            continue
        value = tensor.numpy()
        if 'q_proj' in name:
            value = permute(value, c.num_attention_heads)
        if 'k_proj' in name:
            value = permute(value, c.num_key_value_heads)
        writer.add_tensor(gguf_name(name), np.ascontiguousarray(value))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    tokenizer, model = make_tokenizer(), make_model()
    model.config.architectures = ['LlamaForCausalLM']
    model.config.dtype = 'float32'
    model.config.to_json_file(FOLDER / 'config.json')
    tensors = {k: v.contiguous() for k, v in model.state_dict().items() if k != 'lm_head.weight'}
    save_file(tensors, FOLDER / 'model.safetensors', metadata={'format': 'pt'})
    (FOLDER / 'tokenizer.json').write_text(tokenizer.to_str())
    (FOLDER / 'chat_template.jinja').write_text(CHATML)
    settings = {
        'tokenizer_class': 'PreTrainedTokenizerFast', 'add_bos_token': False, 'model_max_length': 512,
        'bos_token': '<|im_start|>', 'eos_token': '<|im_end|>', 'unk_token': '<|endoftext|>', 'pad_token': '<|im_end|>',
        'clean_up_tokenization_spaces': False,
    }
    (FOLDER / 'tokenizer_config.json').write_text(json.dumps(settings, indent=2) + '\n')
    write_gguf(FOLDER / 'tiny-llama.gguf', model, tokenizer)


main()
