#!/bin/bash
#SBATCH --job-name=isolate
#SBATCH --output=/runs/a/slurm-%j.out
#SBATCH --open-mode=append
#SBATCH --nodes=1
#SBATCH --no-requeue
#SBATCH --array=0-1%2

runs=(
  /runs/a
  '/runs/b c'
)
run=${runs[$SLURM_ARRAY_TASK_ID]}
if ! cd "$run"; then echo "the run directory $run is not on $(hostname): it must be on a file system that the nodes share" >&2; exit 66; fi
exec >>log.txt 2>&1
exec /bin/adkernel execute-run "$run"
