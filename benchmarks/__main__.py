"""`make bench`: each measure as a JSON line, then all of them as a table."""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    rows = []
    for script in sorted(HERE.glob("*.py")):
        if script.name.startswith("__"):
            continue
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", f"benchmarks.{script.stem}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(done.stdout, done.stderr, sep="\n")
            return done.returncode
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        print("\n".join(lines), flush=True)
        rows += [json.loads(line) for line in lines]
    print(f"\n{'measure':<40} {'value':>12} {'unit':<12} {'target':>10}  ok")
    for row in rows:
        print(
            f"{row['measure']:<40} {row['value']:>12} {row['unit']:<12} {row['target']:>10}  "
            f"{'yes' if row['ok'] else 'NO'}"
        )
    return 0 if all(row["ok"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
