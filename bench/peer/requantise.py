"""Writes a GGUF file anew with its matrices in another type, for bench/scoring.ts: from the same dequantised weights that adaptrec computes with.

Usage: requantise.py SOURCE TARGET Q8_0|F16|F32. Metadata is copied; norms and biases stay float32. Needs the `gguf` package alone.
"""
import sys
import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, LlamaFileType
from gguf.quants import dequantize, quantize

source, target, name = sys.argv[1:]
kind = GGMLQuantizationType[name]
file_type = {'Q8_0': LlamaFileType.MOSTLY_Q8_0, 'F16': LlamaFileType.MOSTLY_F16, 'F32': LlamaFileType.ALL_F32}[name]
reader = GGUFReader(source)
writer = GGUFWriter(target, reader.fields['general.architecture'].contents())
for field in reader.fields.values():
    if field.name.startswith('GGUF.') or field.name in ('general.architecture', 'general.file_type'):
        continue
    array = field.types[0] == GGUFValueType.ARRAY
    writer.add_key_value(field.name, field.contents(), field.types[0], field.types[-1] if array else None)
writer.add_file_type(file_type)
for tensor in reader.tensors:
    values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
    if len(tensor.shape) < 2:
        writer.add_tensor(tensor.name, values)
    else:
        writer.add_tensor(tensor.name, quantize(values, kind), raw_dtype=kind)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
