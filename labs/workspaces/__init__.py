"""Content that is written in the browser: workspaces, drafts, versions and their proofs.

    kinds       what can be written: its files, their bounds, how it is read (today: labs)
    sources     one way to content, wherever it is: the catalog's files (read-only), or a workspace's rows
    selectors   who may see what
    writing     workspaces, members, drafts
    publishing  versions: made once and never changed
    proving     the proof of a draft, a job

Whoever writes here is an attacker of the server: what an author wrote is read as data, run in the jails of runner and
judge, and shown through the sanitiser; sizes and numbers are bounded.
"""
