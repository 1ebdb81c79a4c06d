"""Put every line of a file before the same models, several at once, and write one CSV row for each answer.

    python prompts_to_csv.py http://127.0.0.1:8000 prompts.txt answers.csv simulator/swift simulator/sage

The API key is read from KEY. Needs Python 3.11 and nothing else.
"""

import csv
import json
import os
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

AT_ONCE = 4
COLUMNS = (
    "modelId",
    "status",
    "totalTokens",
    "cost",
    "timeToFirstTokenMs",
    "responseTimeMs",
    "errorKind",
    "text",
)


def run(url, prompt, models):
    """One comparison, answered when all models have answered. Waits as long as it is told to."""
    headers = {"authorization": f"Bearer {os.environ['KEY']}", "content-type": "application/json"}
    body = json.dumps({"prompt": prompt, "modelIds": models}).encode()
    while True:
        try:
            request = urllib.request.Request(f"{url}/api/comparisons/run", body, headers)
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            if refused.code != 429:
                raise SystemExit(refused.read().decode()) from None
            time.sleep(float(refused.headers.get("retry-after", 1)))


def safe(value):
    """A spreadsheet computes what begins like a formula; a leading apostrophe makes text of it."""
    return f"'{value}" if isinstance(value, str) and value.lstrip()[:1] in tuple("=+-@") else value


def main(url, prompts_file, answers_file, *models):
    with open(prompts_file, encoding="utf-8") as file:
        prompts = [line.strip() for line in file if line.strip()]
    with (
        open(answers_file, "w", newline="", encoding="utf-8") as file,
        ThreadPoolExecutor(AT_ONCE) as threads,
    ):
        sheet = csv.writer(file)
        sheet.writerow(("prompt", *COLUMNS))
        for comparison in threads.map(lambda prompt: run(url, prompt, models), prompts):
            for response in comparison["turns"][0]["responses"]:
                sheet.writerow(safe(each) for each in (comparison["prompt"], *map(response.get, COLUMNS)))


if __name__ == "__main__":
    main(*sys.argv[1:])
