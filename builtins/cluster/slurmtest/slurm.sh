#!/bin/bash
# A Slurm cluster of its own on the loopback, for tests: a controller, two
# nodes, munge. All state lies in DIR, and several may run side by side.
#
#   slurm.sh up DIR [PORT]    starts it, prints "export SLURM_CONF=..."
#   slurm.sh down DIR         ends its jobs and daemons
#   slurm.sh forget DIR       restarts the controller without its jobs
#
# Partitions: main (default), urgent, whose jobs preempt main's, which are
# requeued, and brief, with a limit of a minute. Each node has two GPUs in name
# (files that are none). Accounting is off, as on many clusters.
#
# It needs Debian's slurm-wlm and munge, and root, as slurmd does.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
action=${1:?up, down or forget}
dir=$(realpath -m "${2:?a folder}")
port=${3:-$((20000 + RANDOM % 20000))}
export SLURM_CONF=$dir/slurm.conf

# A daemon that was killed leaves its number, which another process may have by
# now, and is there until somebody has reaped it.
alive() { # PIDFILE PROGRAM
  [ -s "$1" ] || return 1
  case "$(readlink "/proc/$(cat "$1")/exe" 2>/dev/null)" in */"$2"*) ;; *) return 1 ;; esac
}

stop() { # PIDFILE PROGRAM: only a daemon of this cluster's
  alive "$1" "$2" || return 0
  local pid; pid=$(cat "$1")
  kill "${3:--TERM}" "$pid"
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || return 0; sleep 0.1; done
  kill -KILL "$pid"
}

configuration() {
  local host; host=$(hostname -s)
  local memory; memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.45)}' /proc/meminfo)
  cat <<C
ClusterName=adkernel
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/run/munge.sock
StateSaveLocation=$dir/controller
SlurmdSpoolDir=$dir/node/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd-%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd-%n.log
PlugStackConfig=/dev/null
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0,preempt_youngest_first
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
AccountingStorageType=accounting_storage/none
ReturnToService=2
SlurmdTimeout=10
SlurmctldTimeout=10
KillWait=1
UnkillableStepTimeout=5
MinJobAge=1200
CompleteWait=0
JobRequeue=1
MaxJobCount=200
MaxArraySize=50
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1 RealMemory=$memory Gres=gpu:2 State=UNKNOWN
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1 RealMemory=$memory Gres=gpu:2 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE PriorityTier=1 PreemptMode=REQUEUE State=UP
PartitionName=urgent Nodes=ALL Default=NO MaxTime=INFINITE PriorityTier=10 PreemptMode=OFF State=UP
PartitionName=brief Nodes=ALL Default=NO MaxTime=1 PriorityTier=1 PreemptMode=REQUEUE State=UP
C
}

up() {
  for program in slurmctld slurmd munged mungekey sbatch; do
    command -v $program >/dev/null || { echo "slurm.sh: $program is missing: apt-get install slurm-wlm munge" >&2; exit 3; }
  done
  mkdir -p "$dir"/{munge,controller,node/n1,node/n2,log,run,gpu}
  chmod 755 "$dir" "$dir/run"; chmod 700 "$dir/munge"
  [ -f "$dir/munge/key" ] || mungekey --create --keyfile "$dir/munge/key" >&2
  alive "$dir/run/munged.pid" munged || munged --key-file="$dir/munge/key" --socket="$dir/run/munge.sock" --pid-file="$dir/run/munged.pid" \
    --log-file="$dir/log/munged.log" --seed-file="$dir/munge/seed" --num-threads=2 >&2
  [ -f "$SLURM_CONF" ] || configuration > "$SLURM_CONF"
  printf 'NodeName=n1 Name=gpu File=/dev/null\nNodeName=n1 Name=gpu File=/dev/zero\nNodeName=n2 Name=gpu File=/dev/null\nNodeName=n2 Name=gpu File=/dev/zero\n' > "$dir/gres.conf"
  printf 'CgroupPlugin=cgroup/v1\n' > "$dir/cgroup.conf"
  alive "$dir/run/slurmctld.pid" slurmctld || slurmctld -f "$SLURM_CONF" >&2
  for n in n1 n2; do
    alive "$dir/run/slurmd-$n.pid" slurmd || slurmd -f "$SLURM_CONF" -N $n >&2
  done
  for _ in $(seq 200); do
    if [ "$(sinfo -h -N -t idle,mix,alloc -p main -o %N 2>/dev/null | sort -u | wc -l)" = 2 ]; then
      echo "export SLURM_CONF=$SLURM_CONF"
      return
    fi
    sleep 0.1
  done
  echo "slurm.sh: the nodes did not come up; see $dir/log" >&2
  sinfo >&2 || true
  exit 1
}

down() {
  timeout 10 scancel --user=root 2>/dev/null || true
  sleep 0.3
  for n in n1 n2; do stop "$dir/run/slurmd-$n.pid" slurmd; done
  stop "$dir/run/slurmctld.pid" slurmctld
  stop "$dir/run/munged.pid" munged
}

forget() {
  stop "$dir/run/slurmctld.pid" slurmctld
  slurmctld -c -f "$SLURM_CONF" >&2
  # Else up would start a second one, which remembers.
  for _ in $(seq 100); do alive "$dir/run/slurmctld.pid" slurmctld && break; sleep 0.1; done
  up
}

case $action in
  up) up ;;
  down) down ;;
  forget) forget >&2 ;;
  *) echo "slurm.sh: $action: want up, down or forget" >&2; exit 2 ;;
esac
