import os

from .llm import LLM

__all__ = ["LLM"]
