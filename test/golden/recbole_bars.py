"""RecBole's own GRU4Rec, Caser and SASRec on a file of interactions: run by scripts/against-recbole.mjs, which says how.

python recbole_bars.py FOLDER MODEL EPOCHS MINUTES PLACES: FOLDER holds own/own.inter with user_id, item_id and timestamp, the place in the history.
The last item of each user is the test, the one before it the validation target, ranked among all items. PLACES last trains as RecBole does, each prefix of
a history by itself; all gives its layers every place of a window at once (GRU4Rec, SASRec), which takes a fiftieth of the time on a processor.
Prints one line of JSON.
"""

import functools
import json
import random
import sys
import time

import torch
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.utils import get_model, get_trainer, init_seed

torch.load = functools.partial(torch.load, weights_only=False)  # RecBole 1.2.1 was written for an older torch
folder, model, epochs, minutes = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
places = sys.argv[5]
began = time.time()


class OutOfTime(Exception):
    pass


def watch(epoch, score):
    print(f"epoch {epoch}: validation NDCG@10 {score:.4f}, {time.time() - began:.0f} s", file=sys.stderr, flush=True)
    if time.time() - began > 60 * minutes:
        raise OutOfTime


settings = {
    "data_path": folder,
    "checkpoint_dir": f"{folder}/saved",
    "load_col": {"inter": ["user_id", "item_id", "timestamp"]},
    "MAX_ITEM_LIST_LENGTH": 50,
    "loss_type": "CE",
    "train_neg_sample_args": None,
    "eval_args": {"split": {"LS": "valid_and_test"}, "order": "TO", "group_by": "user", "mode": "full"},
    "metrics": ["NDCG", "Hit"],
    "topk": [10],
    "valid_metric": "NDCG@10",
    "epochs": epochs,
    "stopping_step": 5,
    "train_batch_size": 2048,
    "eval_batch_size": 4096,
    "seed": 1,
    "reproducibility": True,
    "use_gpu": torch.cuda.is_available(),
    "show_progress": False,
}
sys.argv = sys.argv[:1]  # RecBole reads arguments of its own
config = Config(model=model, dataset="own", config_dict=settings)
init_seed(config["seed"], config["reproducibility"])
dataset = create_dataset(config)
train, valid, test = data_preparation(config, dataset)
network = get_model(config["model"])(config, train.dataset).to(config["device"])
trainer = get_trainer(config["MODEL_TYPE"], config["model"])(config, network)


def states_of(items):
    """What RecBole's layers make of windows (B, T), after each place, (B, T, d)."""
    if model == "GRU4Rec":
        return network.dense(network.gru_layers(network.emb_dropout(network.item_embedding(items)))[0])
    positions = torch.arange(items.size(1), device=items.device).expand_as(items)
    embedded = network.item_embedding(items) + network.position_embedding(positions)
    read = network.dropout(network.LayerNorm(embedded))
    return network.trm_encoder(read, network.get_attention_mask(items), output_all_encoded_layers=True)[-1]


def train_all_places():
    """Every place of every window of at most 50 items, cut anew in each epoch; `best` is the best epoch by validation."""
    ids = dataset.field2token_id[dataset.iid_field]
    histories = {}
    with open(f"{folder}/own/own.inter") as file:
        for user, item, _ in (line.split() for line in list(file)[1:]):
            histories.setdefault(user, []).append(ids[item])
    optimizer = torch.optim.Adam(network.parameters(), lr=config["learning_rate"])
    top, since = -1.0, 0
    for epoch in range(epochs):
        windows = []
        for history in histories.values():
            known, start = history[:-2], 0
            end = random.randint(1, 50) if len(known) > 51 else 50
            while start + 1 < len(known):
                windows.append(known[start : end + 1])
                start, end = end, end + 50
        random.shuffle(windows)
        network.train()
        for at in range(0, len(windows), 64):
            batch = windows[at : at + 64]
            width = max(map(len, batch)) - 1
            items = torch.tensor([(own[:-1] + [0] * width)[:width] for own in batch]).to(config["device"])
            targets = torch.tensor([(own[1:] + [0] * width)[:width] for own in batch]).to(config["device"])
            logits = states_of(items)[targets > 0] @ network.item_embedding.weight.T
            loss = torch.nn.functional.cross_entropy(logits, targets[targets > 0])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        score = trainer.evaluate(valid, load_best_model=False, show_progress=False)["ndcg@10"]
        since += 1
        if score > top:
            top, since = score, 0
            best.update({name: value.clone() for name, value in network.state_dict().items()})
        watch(epoch, score)
        if since == 10:
            break


best = {}
out_of_time = False
try:
    if places == "all":
        train_all_places()
    else:
        trainer.fit(train, valid, verbose=False, saved=True, show_progress=False, callback_fn=watch)
except OutOfTime:
    out_of_time = True
if best:
    network.load_state_dict(best)
result = trainer.evaluate(test, load_best_model=places == "last", show_progress=False)
print(
    json.dumps(
        {
            "model": model,
            "places": places,
            "ndcg@10": result["ndcg@10"],
            "hit@10": result["hit@10"],
            "seconds": round(time.time() - began),
            "outOfTime": out_of_time,
        }
    )
)
