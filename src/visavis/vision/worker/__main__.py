"""Run by `visavis.vision.pool.fork_server`; not for people."""

import signal

if __name__ == "__main__":
    # The main process ends this one by closing its socket. What a terminal or a service manager sends to all
    # processes of a group would end workers that the main process still waits for.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)

    from visavis.vision.worker.forking import main  # imports take their time

    main()
