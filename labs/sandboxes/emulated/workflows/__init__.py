"""Step Functions' state machines, read and run. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html"""
