"""Atomic files opened by RecBole: interchange-recbole.py FOLDER QUESTIONS"""

import json
import os
import sys

import recbole
from recbole.config import Config
from recbole.data import create_dataset

folder, path = sys.argv[1:]
told = json.load(open(path))
name = os.path.basename(folder)
inter = open(os.path.join(folder, f"{name}.inter")).readline().strip().split("\t")
fields = [field.split(":")[0] for field in inter]
settings = {
    "data_path": os.path.dirname(os.path.abspath(folder)),
    "load_col": {"inter": fields, "item": ["item_id", "title"]},
    "USER_ID_FIELD": "user_id",
    "ITEM_ID_FIELD": "item_id",
    "train_neg_sample_args": None,
    "show_progress": False,
    "state": "ERROR",
}
sys.argv = sys.argv[:1]
dataset = create_dataset(Config(model="SASRec", dataset=name, config_dict=settings))
found = (dataset.user_num - 1, dataset.item_num - 1, dataset.inter_num)  # RecBole counts a padding id
expected = (told["users"], told["items"], told["interactions"])
assert found == expected, f"{found}, expected {expected}"
print(f"RecBole {recbole.__version__}: {found[0]} users, {found[1]} items, {found[2]} interactions")
