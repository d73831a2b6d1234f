package builtins

import "adkernel/builtins/cluster"

// Local runs a deployment on this machine with GPUs of its own: runs that ask
// for some wait for each other, in order.
//
//	Deployment{Model: "/models/llama", On: Local{GPUs: 2}}
type Local = cluster.Local

// Slurm runs a deployment as a job of a cluster. The run's directory
// (ADKERNEL_RUNS), the model and this program must be on a file system that
// the nodes share.
//
//	Deployment{Model: "/models/llama", On: Slurm{Partition: "gpu", GPUs: 2, Time: "1:00:00"}}
type Slurm = cluster.Slurm

// SSH runs a deployment on another machine, which is reached by ssh without a
// password. The run's directory (ADKERNEL_RUNS), the model and this program
// must be on a file system that both machines share.
//
//	Deployment{Model: "/models/llama", On: SSH{Host: "gpu1", GPUs: 2}}
type SSH = cluster.SSH
