"""What the tests deploy: a DAG that says what it sees, one that takes its time, one that tries what it must not."""

import contextlib
import json
import os
import time
from pathlib import Path

try:
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.sdk import DAG, Variable
except ImportError:
    from airflow import DAG
    from airflow.models import Variable
    from airflow.operators.python import PythonOperator

VERSION = "first"


def say():
    print("LOOKED UP", Variable.get("color"))
    print("VERSION", VERSION, "MINE", json.dumps(os.environ.get("MY_VAR")))


def take_time():
    time.sleep(20)
    print("FINISHED")


def try_everything(dag_run):
    """Print a line for each attempt that succeeded, and how many there were."""
    params, attempts = dag_run.conf, 0
    for path in params["files"]:
        attempts += 1
        with contextlib.suppress(OSError):
            print("REACHED file", path, len(Path(path).read_bytes()))
    for folder in params["folders"]:
        attempts += 1
        with contextlib.suppress(OSError):
            (Path(folder) / "planted").write_text("planted")
            print("REACHED write", folder)
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            for part in ("environ", "cmdline"):
                attempts += 1
                with contextlib.suppress(OSError):
                    text = (process / part).read_text(errors="replace")
                    found = [word for word in params["words"] if word in text]
                    if found:
                        print("REACHED process", process.name, part, found)
    own = {Path(entry).name for entry in Path(params["data"]).glob("*")}
    print("SEES", json.dumps(sorted(own)))
    for each in Path(params["others"]).iterdir():
        print("SEES AIRFLOW", each.name)
    with contextlib.suppress(OSError):
        os.setuid(0)
        print("REACHED root", os.getuid())
    print("ATTEMPTS", attempts)


with DAG("say", schedule=None, catchup=False) as say_dag:
    PythonOperator(task_id="task", python_callable=say)
with DAG("slow", schedule=None, catchup=False) as slow_dag:
    PythonOperator(task_id="task", python_callable=take_time)
with DAG("hostile", schedule=None, catchup=False) as hostile_dag:
    PythonOperator(task_id="task", python_callable=try_everything)
