"""Times a kernel beside ipykernel."""

from beside import ALIVE, Beside
from jupyter_kernels import install
from kernel_cells import controls, pair

IDLE = 60  # MiB that kernel and worker may take, idle
FUNCTION = "func f{0}(n int, s string) (string, error) {{\n\tfor i := range n {{\n\t\ts += string(rune('a' + i%26))\n\t}}\n\treturn s, nil\n}}\nv{0} := f{0}"


def measure_kernel(adkernel, root, folder, quick):
    """Kernel: start, cells, output, completion, inspection, interrupt, restart, memory."""
    programs = pair(adkernel)
    programs |= {**controls(root, folder), "full": programs["ours"]}
    install(folder, programs)
    few, some, many = (3, 5, 50) if quick else (11, 15, 300)
    beside = Beside(programs, "ipykernel", True, few, some, many)
    results = [*beside.starts(), beside.idle_memory(IDLE)]
    kernels = beside.prepared()
    try:
        for i in range(ALIVE):
            kernels["full"].run(FUNCTION.format(i))
        return [*results, *beside.at_the_sockets(kernels), *beside.through_jupyter_client(kernels), beside.loop(kernels)]
    finally:
        for kernel in kernels.values():
            kernel.close()
