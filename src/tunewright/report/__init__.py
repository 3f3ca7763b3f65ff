"""Reports: what a run or a study shows, as one document that is written as a page, as Markdown or as PDF."""
