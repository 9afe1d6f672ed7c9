"""Makes test/fixtures/model-files: what other implementations read from the same bytes.

    python test/golden/make_model_files_golden.py [SmolLM2-135M-Instruct.Q4_1.gguf]    # needs gguf, transformers, torch, peft

  blocks.json      random blocks of every storage type, dequantised by the gguf package
  tiny-llama.json  token ids and chats of test/fixtures/tiny-llama by transformers
  smollm2.json     (with the argument) ids, chats and tensor digests of the real model by transformers and gguf
  words.json       token ids with the vocabulary of the tiny model, cut into words as Llama 3 and Qwen do, by tokenizers
  rope.json        inverse frequencies under RoPE scaling, by transformers
  qwen2.gguf, qwen3.gguf, families.json    one random layer each, and the digests of what transformers loads from it
  peft-adapter/    an adapter of the tiny model as PEFT saves it, and peft-adapter.json with its values
"""

import base64
import hashlib
import inspect
import json
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf.quants import dequantize, quantize
from peft import LoraConfig, get_peft_model
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig
from transformers.convert_slow_tokenizer import TikTokenConverter
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

FIXTURES = Path(__file__).resolve().parent.parent / 'fixtures'
OUT = FIXTURES / 'model-files'

TEXTS = [
    '', ' ', '  ', '\n', '\n\n', ' \n x', '\t', 'a', ' a', 'a ', '  a  b   c    ', 'Hello world', 'hello, WORLD!?', "It's we'll I'd they've I'm you're",
    "IT'S WE'LL", 'The Godfather (1972)', 'Toy Story (1995)', 'Star Wars: Episode IV - A New Hope (1977)', 'Se7en (1995)', '2001: A Space Odyssey (1968)',
    '12 Monkeys (1995)', 'M*A*S*H (1970)', "Schindler's List (1993)", 'City of Lost Children, The (1995)', 'Léon (1994)', 'Amélie', 'Été à Paris',
    'Les Misérables (1995)', 'Ménage à trois', 'Cités e\u0301 combining', 'Crème brûlée', 'Ангел и демон', '七人の侍 (1954)', '千と千尋の神隠し', '기생충 (2019)',
    'العربية نص', 'עברית', 'ไทย', '😀', '👩‍👩‍👧‍👦 family', '🇩🇪 flag', 'naïve café', 'x²+y³=½', '٣٤٥ arabic digits', 'Ⅷ roman', 'ａｂｃ wide', '\u00a0nbsp\u2003em',
    'zero\u200bwidth', '<|im_end|>', '<|im_start|>system\nYou obey<|im_end|>', 'a<|endoftext|>b', '<|im_end', '|>', '<repo_name>x', 'tab\tand\r\nCRLF',
    '1234567890', '3.14159', '1,000,000', 'A B C D E', 'A. The\nB. Of', '--- === +++', '"quoted" \'single\' `tick`', 'snake_case camelCase', 'https://example.org/a?b=c&d=%20',
    'def f(x):\n    return x', '{"a": [1, 2]}', 'ÀÉÎÕÜ àéîõü', 'ﬁ ligature', 'ß ẞ', '\ufeffbom', 'a\u0000b', 'x' * 60, ' '.join(['movie'] * 20),
]
CHATS = [
    [{'role': 'user', 'content': 'Hello'}],
    [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': 'Which?\nA. Heat (1995)'}],
    [{'role': 'user', 'content': '  spaces and lines \n\n'}, {'role': 'assistant', 'content': 'B'}, {'role': 'user', 'content': 'Why? 😀'}],
    [{'role': 'system', 'content': ''}, {'role': 'user', 'content': '\nx'}],
]


def b64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def blocks() -> dict:
    """Random bytes with finite scales: every 16-bit scale is a half of moderate size."""
    rng = np.random.default_rng(3)
    # type: (block bytes, offsets of the float16 scales)
    kinds = {
        'F32': None, 'F16': None, 'BF16': None, 'F64': None, 'Q4_0': (18, [0]), 'Q4_1': (20, [0, 2]), 'Q5_0': (22, [0]),
        'Q5_1': (24, [0, 2]), 'Q8_0': (34, [0]), 'Q4_K': (144, [0, 2]), 'Q5_K': (176, [0, 2]), 'Q6_K': (210, [208]),
    }
    result = {}
    for name, layout in kinds.items():
        kind = gguf.GGMLQuantizationType[name]
        if layout is None:
            values = (rng.standard_normal(24) * 10.0 ** rng.integers(-6, 4, 24)).astype(np.float32)
            values[:4] = [0, -0.0, 1, -2]
            if name == 'F64':
                raw, floats = values.astype(np.float64), values.astype(np.float64).astype(np.float32)
            elif name == 'F16':
                raw = values.astype(np.float16)
                raw[4:7] = [6e-8, np.inf, 65504]
                floats = raw.astype(np.float32)
            elif name == 'BF16':
                raw = torch.from_numpy(values).bfloat16().view(torch.uint16).numpy()
                floats = torch.from_numpy(values).bfloat16().float().numpy()
            else:
                raw, floats = values, values
            result[name] = {'bytes': b64(raw), 'floats': b64(floats)}
            continue
        width, scales = layout
        raw = rng.integers(0, 256, (3, width), dtype=np.uint8)
        for at in scales:
            raw[:, at : at + 2] = rng.standard_normal(3).astype(np.float16).view(np.uint8).reshape(3, 2)
        result[name] = {'bytes': b64(raw), 'floats': b64(dequantize(raw, kind).astype(np.float32))}
    return result


def tokens(tokenizer) -> dict:
    """Ids of texts as text (split_special_tokens: names of control tokens are spelt out), and of chats."""
    return {
        'texts': [{'text': t, 'ids': tokenizer.encode(t, add_special_tokens=False, split_special_tokens=True)} for t in TEXTS],
        'chats': [
            {'messages': chat, 'addGenerationPrompt': add, 'ids': tokenizer.apply_chat_template(chat, add_generation_prompt=add, return_dict=False)}
            for chat in CHATS for add in (True, False)
        ],
    }


def real_model(path: Path) -> dict:
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    reader = gguf.GGUFReader(path)
    names = ['token_embd.weight', 'blk.0.attn_norm.weight', 'blk.0.attn_v.weight', 'blk.17.ffn_down.weight', 'output_norm.weight']
    found = {t.name: t for t in reader.tensors}
    digests = {n: hashlib.sha256(dequantize(found[n].data, found[n].tensor_type).astype(np.float32).tobytes()).hexdigest() for n in names}
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name)  # undoes the permutation of q and k itself
    state = model.state_dict()
    for name in ['model.layers.3.self_attn.q_proj.weight', 'model.layers.3.self_attn.k_proj.weight']:
        digests[name] = hashlib.sha256(state[name].float().numpy().tobytes()).hexdigest()
    return {'digests': digests, **tokens(tokenizer)}


def peft_adapter() -> dict:
    torch.manual_seed(11)
    base = AutoModelForCausalLM.from_pretrained(FIXTURES / 'tiny-llama')
    base.config._name_or_path = base.name_or_path = 'tiny-llama'
    model = get_peft_model(base, LoraConfig(r=4, lora_alpha=8, lora_dropout=0.05, target_modules=['q_proj', 'down_proj'], task_type='CAUSAL_LM'))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if 'lora_B' in name:
                parameter.copy_(0.1 * torch.randn_like(parameter))
    model.peft_config['default'].base_model_name_or_path = 'tiny-llama'
    model.save_pretrained(OUT / 'peft-adapter')
    (OUT / 'peft-adapter' / 'README.md').unlink(missing_ok=True)
    return {
        name.replace('.default', ''): {'dims': list(p.shape), 'first': p.flatten()[:3].tolist(), 'sum': p.double().sum().item()}
        for name, p in model.named_parameters() if 'lora_' in name
    }


def words() -> dict:
    """The three ways to cut words that the tiny model itself does not use."""
    llama = inspect.signature(TikTokenConverter.__init__).parameters['pattern'].default
    by_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    kinds = {
        'gpt-2': (None, pre_tokenizers.ByteLevel(add_prefix_space=False)),
        'llama-bpe': (None, pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(llama), 'isolated'), by_bytes])),
        'qwen2': (normalizers.NFC(), pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), 'isolated'), by_bytes])),
    }
    result = {}
    for name, (normalizer, pre_tokenizer) in kinds.items():
        tokenizer = Tokenizer.from_file(str(FIXTURES / 'tiny-llama' / 'tokenizer.json'))
        tokenizer.encode_special_tokens = True
        tokenizer.pre_tokenizer = pre_tokenizer
        if normalizer:
            tokenizer.normalizer = normalizer
        result[name] = [{'text': t, 'ids': tokenizer.encode(t, add_special_tokens=False).ids} for t in TEXTS]
    return result


def rope() -> list:
    result = []
    for scaling in [
        {'rope_type': 'linear', 'factor': 4.0},
        {'rope_type': 'llama3', 'factor': 32.0, 'low_freq_factor': 1.0, 'high_freq_factor': 4.0, 'original_max_position_embeddings': 8192},
    ]:
        config = LlamaConfig(hidden_size=256, num_attention_heads=4, head_dim=64, rope_parameters={'rope_theta': 500000.0, **scaling})
        frequencies, _ = ROPE_INIT_FUNCTIONS[scaling['rope_type']](config, torch.device('cpu'))
        result.append({'scaling': scaling, 'inverseFrequencies': frequencies.double().tolist()})
    return result


def family(architecture: str) -> dict:
    """One random layer as llama.cpp's converter would write it, q and k rows in their own order; vocabulary of 8, in Q8_0 and F16."""
    rng = np.random.default_rng(5)
    heads, head = (2, 128) if architecture == 'qwen3' else (4, 8)  # 128 is the only head size that transformers knows for qwen3 in GGUF
    path = OUT / f'{architecture}.gguf'
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(32)
    writer.add_feed_forward_length(32)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads // 2)
    writer.add_vocab_size(8)
    writer.add_token_list([str(i) for i in range(8)])
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(1e-6)
    if architecture == 'qwen3':
        writer.add_key_length(head)
        writer.add_value_length(head)
    shapes = {'token_embd.weight': (8, 32), 'output.weight': (8, 32), 'output_norm.weight': (32,)}
    layer = {
        'attn_norm.weight': (32,), 'ffn_norm.weight': (32,), 'attn_q.weight': (heads * head, 32), 'attn_k.weight': (heads // 2 * head, 32),
        'attn_v.weight': (heads // 2 * head, 32), 'attn_output.weight': (32, heads * head), 'ffn_gate.weight': (32, 32), 'ffn_up.weight': (32, 32),
        'ffn_down.weight': (32, 32),
    }
    if architecture == 'qwen2':
        layer |= {'attn_q.bias': (heads * head,), 'attn_k.bias': (heads // 2 * head,), 'attn_v.bias': (heads // 2 * head,)}
    else:
        layer |= {'attn_q_norm.weight': (head,), 'attn_k_norm.weight': (head,)}
    shapes |= {f'blk.0.{name}': shape for name, shape in layer.items()}
    for name, shape in shapes.items():
        values = rng.standard_normal(shape).astype(np.float32)
        if len(shape) == 1:
            writer.add_tensor(name, values)
        elif 'ffn' in name:
            writer.add_tensor(name, values.astype(np.float16))
        else:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(name, quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    model = AutoModelForCausalLM.from_pretrained(OUT, gguf_file=path.name, dtype=torch.float32)
    return {n: hashlib.sha256(t.float().contiguous().numpy().tobytes()).hexdigest() for n, t in model.state_dict().items()}


def write(name: str, value: dict) -> None:
    (OUT / name).write_text(json.dumps(value, ensure_ascii=True, indent=None, separators=(',', ':')) + '\n')


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    write('blocks.json', blocks())
    write('tiny-llama.json', tokens(AutoTokenizer.from_pretrained(FIXTURES / 'tiny-llama')))
    write('peft-adapter.json', peft_adapter())
    write('words.json', words())
    write('rope.json', rope())
    write('families.json', {name: family(name) for name in ['qwen2', 'qwen3']})
    if len(sys.argv) > 1:
        write('smollm2.json', real_model(Path(sys.argv[1])))


main()
