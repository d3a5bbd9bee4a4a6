"""Questions asked of many futures: which of two, what matters, what can be had at all.

paired      two scenarios over the same chances: which differences are more than noise
indices     how much of a result's spread each parameter makes (Sobol)
frontier    what of two goods can be had together, over a grid of conditions
"""
