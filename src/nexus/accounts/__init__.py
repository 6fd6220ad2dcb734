"""Who somebody is: users, people (whoever wrote something) and the Actor that every action and query asks for.

May import `base`.
"""
