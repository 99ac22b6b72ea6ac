"""The grades of a class: what each assignment came to for each learner, and why.

arithmetic   late work, dropped grades, totals: decimal numbers in, decimal numbers out; no database
sources      what learners did for an assignment, with the time at which they had reached it
selectors    the gradebook: rules and work put together, a grade and its explanation for each cell
services     what an instructor changes: rules, and grades by hand, each kept as a row
exports      CSV and XLSX
"""
