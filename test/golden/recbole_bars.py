"""RecBole's own GRU4Rec, Caser and SASRec on a file of interactions: run by scripts/against-recbole.mjs, which says how.

python recbole_bars.py FOLDER MODEL EPOCHS MINUTES: FOLDER holds own/own.inter with user_id, item_id and timestamp, the place in the history.
The last item of each user is the test, the one before it the validation target, ranked among all items. Prints one line of JSON.
"""

import functools
import json
import sys
import time

import torch
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.utils import get_model, get_trainer, init_seed

torch.load = functools.partial(torch.load, weights_only=False)  # RecBole 1.2.1 was written for an older torch
folder, model, epochs, minutes = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
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
out_of_time = False
try:
    trainer.fit(train, valid, verbose=False, saved=True, show_progress=False, callback_fn=watch)
except OutOfTime:
    out_of_time = True
result = trainer.evaluate(test, load_best_model=True, show_progress=False)
print(json.dumps({"model": model, "ndcg@10": result["ndcg@10"], "hit@10": result["hit@10"], "seconds": round(time.time() - began), "outOfTime": out_of_time}))
