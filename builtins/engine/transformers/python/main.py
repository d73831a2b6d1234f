import sys

if sys.version_info < (3, 10):
    sys.exit("this is Python %d.%d, and the engine needs 3.10 or later" % sys.version_info[:2])

if __name__ == "__main__":
    sys.dont_write_bytecode = True  # of channel, which knows of what else
    import channel
    import model

    channel.serve(model.load)
