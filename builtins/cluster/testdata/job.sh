#!/bin/bash
#SBATCH --job-name=adkernel-fp8
#SBATCH --output='/runs/it'\''s 100%%/slurm-%j.out'
#SBATCH --open-mode=append
#SBATCH --nodes=2
#SBATCH --requeue
#SBATCH --partition=gpu
#SBATCH --mem=64G
#SBATCH --time=1:00:00
#SBATCH --account=lab
#SBATCH --qos=high
#SBATCH --gres=gpu:4
#SBATCH --cpus-per-task=8
#SBATCH --constraint=h100

run='/runs/it'\''s 100%'
if ! cd "$run"; then echo "the run directory $run is not on $(hostname): it must be on a file system that the nodes share" >&2; exit 66; fi
exec >>log.txt 2>&1
module load cuda/12.4 || { echo "module load cuda/12.4 failed on $(hostname)"; exit 67; }
trap 'if [ ${#BASH_SOURCE[@]} -eq 1 ]; then echo "prelude failed on $(hostname): $BASH_COMMAND"; exit 67; fi' ERR
source /opt/venv/bin/activate
trap - ERR
exec apptainer exec --nv '/images/trt llm.sif' /bin/adkernel execute-run "$run"
