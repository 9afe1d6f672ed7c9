"""Makes test/fixtures/model-files: what other implementations read from the same bytes.

    python test/golden/make_model_files_golden.py [SmolLM2-135M-Instruct.Q4_1.gguf]    # needs gguf, transformers, torch, peft

  blocks.json      random blocks of every storage type, dequantised by the gguf package
  tiny-llama.json  token ids and chats of test/fixtures/tiny-llama by transformers
  smollm2.json     (with the argument) ids, chats and tensor digests of the real model by transformers and gguf
  peft-adapter/    an adapter of the tiny model as PEFT saves it, and peft-adapter.json with its values
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf.quants import dequantize
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

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


def write(name: str, value: dict) -> None:
    (OUT / name).write_text(json.dumps(value, ensure_ascii=True, indent=None, separators=(',', ':')) + '\n')


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    write('blocks.json', blocks())
    write('tiny-llama.json', tokens(AutoTokenizer.from_pretrained(FIXTURES / 'tiny-llama')))
    write('peft-adapter.json', peft_adapter())
    if len(sys.argv) > 1:
        write('smollm2.json', real_model(Path(sys.argv[1])))


main()
