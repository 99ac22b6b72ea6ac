"""CodePipeline's executions. https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html"""
