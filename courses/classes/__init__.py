"""Classes: who belongs to them, what they have to do until when, and what their instructors see and do meanwhile.

who          who may see a class or a learner's work: the one place where that is tested
secrets      links and keys that let somebody in, and what is kept of them
services     a class's own life: made, changed, joined, left, archived
assigned     what a class has to do, and other times for one learner
due          how far each learner is with it, and what that means today
"""
